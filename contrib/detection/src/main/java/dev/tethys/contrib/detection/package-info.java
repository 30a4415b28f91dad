/** Components of this module. */
@NullMarked
package dev.tethys.contrib.detection;

import org.jspecify.annotations.NullMarked;
