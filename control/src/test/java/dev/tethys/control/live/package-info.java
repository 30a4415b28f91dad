/** Tests of the package. */
@NullMarked
package dev.tethys.control.live;

import org.jspecify.annotations.NullMarked;
