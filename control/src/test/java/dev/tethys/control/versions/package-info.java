/** Tests of the package. */
@NullMarked
package dev.tethys.control.versions;

import org.jspecify.annotations.NullMarked;
