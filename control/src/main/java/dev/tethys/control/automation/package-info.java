/** Rules that start actions on events, and replays. */
@NullMarked
package dev.tethys.control.automation;

import org.jspecify.annotations.NullMarked;
