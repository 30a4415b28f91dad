/** Tests of the package. */
@NullMarked
package dev.tethys.control.fleet;

import org.jspecify.annotations.NullMarked;
