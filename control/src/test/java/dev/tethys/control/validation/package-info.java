/** Tests of the package. */
@NullMarked
package dev.tethys.control.validation;

import org.jspecify.annotations.NullMarked;
