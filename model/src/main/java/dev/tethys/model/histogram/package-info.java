/** Arithmetic over native histograms, equal to Prometheus's to the last bit. */
@NullMarked
package dev.tethys.model.histogram;

import org.jspecify.annotations.NullMarked;
