/**
 * What exporters show and scrapers read: text 0.0.4 and 1.0.0, OpenMetrics, delimited protobuf, and
 * how the two sides agree on one of them.
 */
@NullMarked
package dev.tethys.codec.exposition;

import org.jspecify.annotations.NullMarked;
