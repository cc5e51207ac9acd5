DROP INDEX "delivery_rate";--> statement-breakpoint
DROP INDEX "delivery_chat";--> statement-breakpoint
CREATE INDEX "delivery_rate" ON "delivery" USING btree ("channel","leased_at") WHERE leased_at is not null;--> statement-breakpoint
CREATE INDEX "delivery_chat" ON "delivery" USING btree ("endpoint","leased_at") WHERE leased_at is not null;