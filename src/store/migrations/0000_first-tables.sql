CREATE TABLE "audit_entry" (
	"seq" bigint PRIMARY KEY NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"actor" text NOT NULL,
	"act" text NOT NULL,
	"subject" text NOT NULL,
	"detail" jsonb NOT NULL,
	"previous_hash" text NOT NULL,
	"hash" text NOT NULL,
	CONSTRAINT "audit_entry_hash" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "conversation" (
	"session_hash" text PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL,
	"updated_at" timestamp with time zone NOT NULL
);
--> statement-breakpoint
CREATE TABLE "knowledge_item" (
	"kind" text NOT NULL,
	"slug" text NOT NULL,
	"number" integer NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "knowledge_item_kind_slug_pk" PRIMARY KEY("kind","slug"),
	CONSTRAINT "knowledge_item_number" UNIQUE("kind","number")
);
--> statement-breakpoint
CREATE TABLE "knowledge_version" (
	"id" uuid PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"slug" text NOT NULL,
	"version" integer NOT NULL,
	"origin" text NOT NULL,
	"state" text NOT NULL,
	"content" jsonb NOT NULL,
	"content_hash" text NOT NULL,
	"review" text NOT NULL,
	"region" text,
	"valid_from" date,
	"valid_until" date NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"published_at" timestamp with time zone,
	"ended_at" timestamp with time zone,
	"reason" text,
	CONSTRAINT "knowledge_version_version" UNIQUE("kind","slug","version"),
	CONSTRAINT "knowledge_version_origin" CHECK (origin in ('shipped', 'local')),
	CONSTRAINT "knowledge_version_state" CHECK (state in ('draft', 'proposal', 'published', 'superseded', 'withdrawn'))
);
--> statement-breakpoint
CREATE TABLE "ticket" (
	"number" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "ticket_number_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1),
	"question" text NOT NULL,
	"question_key" text NOT NULL,
	"state" text NOT NULL,
	"region" text,
	"count" integer NOT NULL,
	"reason" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	"updated_at" timestamp with time zone NOT NULL,
	"answer" jsonb,
	CONSTRAINT "ticket_state" CHECK (state in ('open', 'answered', 'closed')),
	CONSTRAINT "ticket_count" CHECK (count >= 1)
);
--> statement-breakpoint
CREATE TABLE "ticket_asker" (
	"id" uuid PRIMARY KEY NOT NULL,
	"ticket_number" integer NOT NULL,
	"token_hash" text NOT NULL,
	"asker" text NOT NULL,
	"created_at" timestamp with time zone NOT NULL,
	CONSTRAINT "ticket_asker_token" UNIQUE("token_hash")
);
--> statement-breakpoint
ALTER TABLE "knowledge_version" ADD CONSTRAINT "knowledge_version_kind_slug_knowledge_item_kind_slug_fk" FOREIGN KEY ("kind","slug") REFERENCES "public"."knowledge_item"("kind","slug") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "ticket_asker" ADD CONSTRAINT "ticket_asker_ticket_number_ticket_number_fk" FOREIGN KEY ("ticket_number") REFERENCES "public"."ticket"("number") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "conversation_updated" ON "conversation" USING btree ("updated_at");--> statement-breakpoint
CREATE UNIQUE INDEX "knowledge_version_one_published" ON "knowledge_version" USING btree ("kind","slug") WHERE state = 'published';--> statement-breakpoint
CREATE INDEX "knowledge_version_state" ON "knowledge_version" USING btree ("state","kind");--> statement-breakpoint
CREATE UNIQUE INDEX "ticket_one_open" ON "ticket" USING btree ("question_key") WHERE state = 'open';--> statement-breakpoint
CREATE INDEX "ticket_state" ON "ticket" USING btree ("state","updated_at");--> statement-breakpoint
CREATE INDEX "ticket_asker_ticket" ON "ticket_asker" USING btree ("ticket_number");--> statement-breakpoint
CREATE INDEX "ticket_asker_asker" ON "ticket_asker" USING btree ("asker","created_at");