/** The embedded time series database: loses nothing it acknowledged, small and fast. */
@NullMarked
package dev.tethys.store.metrics;

import org.jspecify.annotations.NullMarked;
