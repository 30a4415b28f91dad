/** History of alerts as time series. */
@NullMarked
package dev.tethys.alert.history;

import org.jspecify.annotations.NullMarked;
