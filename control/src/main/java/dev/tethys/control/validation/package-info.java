/** Checks of a configuration before agents get it: reading, tests with samples, dry run. */
@NullMarked
package dev.tethys.control.validation;

import org.jspecify.annotations.NullMarked;
