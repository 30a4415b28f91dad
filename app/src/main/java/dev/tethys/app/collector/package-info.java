/** The role that runs any graph of components, configured as the OpenTelemetry Collector is. */
@NullMarked
package dev.tethys.app.collector;

import org.jspecify.annotations.NullMarked;
