/** Components of this module. */
@NullMarked
package dev.tethys.contrib.postgresql;

import org.jspecify.annotations.NullMarked;
