/** Role that runs any graph of components, configured like the OpenTelemetry Collector. */
@NullMarked
package dev.tethys.app.collector;

import org.jspecify.annotations.NullMarked;
