/** Tests of the package. */
@NullMarked
package dev.tethys.control.rollout;

import org.jspecify.annotations.NullMarked;
