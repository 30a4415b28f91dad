/** Files with state of the control plane. */
@NullMarked
package dev.tethys.control.state;

import org.jspecify.annotations.NullMarked;
