/** How often and how long: metrics of spans. */
@NullMarked
package dev.tethys.pipeline.processor.connector.spanmetrics;

import org.jspecify.annotations.NullMarked;
