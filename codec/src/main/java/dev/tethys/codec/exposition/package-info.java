/**
 * Exposition formats: text 0.0.4 and 1.0.0, OpenMetrics, delimited protobuf, and their negotiation.
 */
@NullMarked
package dev.tethys.codec.exposition;

import org.jspecify.annotations.NullMarked;
