/** Tests of the package. */
@NullMarked
package dev.tethys.control.kubernetes;

import org.jspecify.annotations.NullMarked;
