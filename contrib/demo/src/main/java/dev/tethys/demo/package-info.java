/**
 * Small web shop with switchable faults that sends its telemetry by OTLP: six services over HTTP, a
 * database with PostgreSQL's protocol, a key-value store and queue with Redis's protocol, and a
 * load.
 */
@NullMarked
package dev.tethys.demo;

import org.jspecify.annotations.NullMarked;
