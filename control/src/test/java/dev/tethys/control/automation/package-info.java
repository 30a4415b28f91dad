/** Tests of the package. */
@NullMarked
package dev.tethys.control.automation;

import org.jspecify.annotations.NullMarked;
