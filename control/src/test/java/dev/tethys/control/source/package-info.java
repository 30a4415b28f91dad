/** Tests of the package. */
@NullMarked
package dev.tethys.control.source;

import org.jspecify.annotations.NullMarked;
