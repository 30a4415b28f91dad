/** Live controls and quotas of the fleet, and their effects. */
@NullMarked
package dev.tethys.control.live;

import org.jspecify.annotations.NullMarked;
