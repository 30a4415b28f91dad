/** HTTP API of the control plane. */
@NullMarked
package dev.tethys.control.api;

import org.jspecify.annotations.NullMarked;
