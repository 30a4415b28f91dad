/** Clients of the vendors of destinations, to be measured beside our writers. */
@NullMarked
package dev.tethys.bench.vendor;

import org.jspecify.annotations.NullMarked;
