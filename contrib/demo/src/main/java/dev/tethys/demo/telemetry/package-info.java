/** Telemetry of a service, batched and sent by OTLP over HTTP. */
@NullMarked
package dev.tethys.demo.telemetry;

import org.jspecify.annotations.NullMarked;
