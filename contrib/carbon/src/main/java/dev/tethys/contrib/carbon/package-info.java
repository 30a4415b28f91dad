/** Components of this module. */
@NullMarked
package dev.tethys.contrib.carbon;

import org.jspecify.annotations.NullMarked;
