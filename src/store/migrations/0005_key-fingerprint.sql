CREATE TABLE "key_fingerprint" (
	"purpose" text PRIMARY KEY NOT NULL,
	"fingerprint" text NOT NULL
);
