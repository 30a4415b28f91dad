/** Tests of the control plane. */
@NullMarked
package dev.tethys.control;

import org.jspecify.annotations.NullMarked;
