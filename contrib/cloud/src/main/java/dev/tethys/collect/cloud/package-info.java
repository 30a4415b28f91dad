/** Databases of clouds: configuration, times and states of readings. */
@NullMarked
package dev.tethys.collect.cloud;

import org.jspecify.annotations.NullMarked;
