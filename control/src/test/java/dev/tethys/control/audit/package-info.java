/** Tests of the package. */
@NullMarked
package dev.tethys.control.audit;

import org.jspecify.annotations.NullMarked;
