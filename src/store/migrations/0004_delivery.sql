CREATE TABLE "delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"version" text NOT NULL,
	"endpoint" text NOT NULL,
	"fan_out_id" uuid,
	"channel" text NOT NULL,
	"region" text,
	"lane" smallint NOT NULL,
	"state" text NOT NULL,
	"reason" text,
	"sealed" text,
	"attempts" integer NOT NULL,
	"resend_unknown" boolean NOT NULL,
	"ready_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"lease_token" text,
	"lease_until" timestamp with time zone,
	"leased_at" timestamp with time zone,
	"platform_id" text,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	CONSTRAINT "delivery_once" UNIQUE("version","endpoint"),
	CONSTRAINT "delivery_state" CHECK (state in ('planned', 'ready', 'leased', 'sent', 'unknown', 'throttled', 'retry', 'dead', 'skipped', 'superseded', 'expired', 'awaiting-human'))
);
--> statement-breakpoint
CREATE TABLE "delivery_halt" (
	"scope" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "delivery_pause" (
	"key" text PRIMARY KEY NOT NULL,
	"until" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "fan_out" (
	"id" uuid PRIMARY KEY NOT NULL,
	"version" text NOT NULL,
	"lane" smallint NOT NULL,
	"message" jsonb NOT NULL,
	"state" text NOT NULL,
	"resend_unknown" boolean NOT NULL,
	"effective_at" timestamp with time zone NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"snapshot_count" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "fan_out_version" UNIQUE("version")
);
--> statement-breakpoint
CREATE TABLE "fan_out_chunk" (
	"fan_out_id" uuid NOT NULL,
	"ordinal" integer NOT NULL,
	"recipients" jsonb NOT NULL,
	"state" text NOT NULL,
	CONSTRAINT "fan_out_chunk_fan_out_id_ordinal_pk" PRIMARY KEY("fan_out_id","ordinal")
);
--> statement-breakpoint
ALTER TABLE "delivery" ADD CONSTRAINT "delivery_fan_out_id_fan_out_id_fk" FOREIGN KEY ("fan_out_id") REFERENCES "public"."fan_out"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "fan_out_chunk" ADD CONSTRAINT "fan_out_chunk_fan_out_id_fan_out_id_fk" FOREIGN KEY ("fan_out_id") REFERENCES "public"."fan_out"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "delivery_queue" ON "delivery" USING btree ("channel","lane","ready_at","id") WHERE state in ('planned', 'ready', 'throttled', 'retry');--> statement-breakpoint
CREATE INDEX "delivery_rate" ON "delivery" USING btree ("channel","leased_at");--> statement-breakpoint
CREATE INDEX "delivery_chat" ON "delivery" USING btree ("endpoint","leased_at");--> statement-breakpoint
CREATE INDEX "delivery_leased" ON "delivery" USING btree ("lease_until") WHERE state = 'leased';--> statement-breakpoint
CREATE INDEX "delivery_of_fan_out" ON "delivery" USING btree ("fan_out_id","state");--> statement-breakpoint
CREATE INDEX "fan_out_chunk_state" ON "fan_out_chunk" USING btree ("state");