/** Components of this module. */
@NullMarked
package dev.tethys.contrib.containers;

import org.jspecify.annotations.NullMarked;
