CREATE TABLE "handled_message" (
	"key" text PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "chat_group" (
	"pseudonym" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"settings" jsonb NOT NULL,
	"spoken" jsonb NOT NULL,
	"member" boolean NOT NULL,
	"joined_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "contact" (
	"pseudonym" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"channel" text NOT NULL,
	"sealed" text NOT NULL,
	"seen_at" timestamp with time zone NOT NULL,
	CONSTRAINT "contact_kind" CHECK (kind in ('person', 'group'))
);
--> statement-breakpoint
CREATE TABLE "resident" (
	"pseudonym" text PRIMARY KEY NOT NULL,
	"audience" text NOT NULL,
	"region" text,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "staff" (
	"id" uuid PRIMARY KEY NOT NULL,
	"name" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"disabled_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staff_binding" (
	"id" uuid PRIMARY KEY NOT NULL,
	"staff_id" uuid NOT NULL,
	"pseudonym" text NOT NULL,
	"channel" text NOT NULL,
	"bound_at" timestamp with time zone NOT NULL,
	"revoked_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staff_code" (
	"code_hash" text PRIMARY KEY NOT NULL,
	"staff_id" uuid NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"used_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "staff_code_try" (
	"id" uuid PRIMARY KEY NOT NULL,
	"pseudonym" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
ALTER TABLE "ticket_asker" ADD COLUMN "chat" text;--> statement-breakpoint
ALTER TABLE "staff_binding" ADD CONSTRAINT "staff_binding_staff_id_staff_id_fk" FOREIGN KEY ("staff_id") REFERENCES "public"."staff"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "staff_code" ADD CONSTRAINT "staff_code_staff_id_staff_id_fk" FOREIGN KEY ("staff_id") REFERENCES "public"."staff"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "handled_message_at" ON "handled_message" USING btree ("at");--> statement-breakpoint
CREATE INDEX "chat_group_member" ON "chat_group" USING btree ("member","channel");--> statement-breakpoint
CREATE INDEX "contact_seen" ON "contact" USING btree ("kind","seen_at");--> statement-breakpoint
CREATE UNIQUE INDEX "staff_binding_one" ON "staff_binding" USING btree ("pseudonym") WHERE revoked_at is null;--> statement-breakpoint
CREATE INDEX "staff_binding_staff" ON "staff_binding" USING btree ("staff_id");--> statement-breakpoint
CREATE INDEX "staff_code_staff" ON "staff_code" USING btree ("staff_id");--> statement-breakpoint
CREATE INDEX "staff_code_try_who" ON "staff_code_try" USING btree ("pseudonym","at");