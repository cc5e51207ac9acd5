CREATE TABLE "pending_question" (
	"key" text PRIMARY KEY NOT NULL,
	"channel" text NOT NULL,
	"person" text NOT NULL,
	"sealed" text NOT NULL,
	"at" timestamp with time zone NOT NULL
);
