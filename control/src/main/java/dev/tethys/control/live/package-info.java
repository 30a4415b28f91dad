/** Live controls and quotas of the fleet, and what they did. */
@NullMarked
package dev.tethys.control.live;

import org.jspecify.annotations.NullMarked;
