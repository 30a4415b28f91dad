/** Components of this module. */
@NullMarked
package dev.tethys.contrib.extensions;

import org.jspecify.annotations.NullMarked;
