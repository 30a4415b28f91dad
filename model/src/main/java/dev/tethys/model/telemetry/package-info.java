/**
 * Mutable tree of OpenTelemetry's logs, traces and metrics, for components that edit or read items
 * of a batch; other components pass its bytes. Not thread-safe.
 */
@NullMarked
package dev.tethys.model.telemetry;

import org.jspecify.annotations.NullMarked;
