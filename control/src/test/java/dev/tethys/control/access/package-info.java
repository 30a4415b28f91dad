/** Tests of the package. */
@NullMarked
package dev.tethys.control.access;

import org.jspecify.annotations.NullMarked;
