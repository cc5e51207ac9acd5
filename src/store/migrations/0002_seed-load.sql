CREATE TABLE "knowledge_seed_load" (
	"name" text PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL,
	"loaded_at" timestamp with time zone NOT NULL
);
