/**
 * The mutable tree of OpenTelemetry's logs, traces and metrics, for what edits or looks into a
 * batch; everything else passes its bytes on. Nothing here is for several threads at once.
 */
@NullMarked
package dev.tethys.model.telemetry;

import org.jspecify.annotations.NullMarked;
