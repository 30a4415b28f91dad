/** Components of this module. */
@NullMarked
package dev.tethys.contrib.loadbalancing;

import org.jspecify.annotations.NullMarked;
