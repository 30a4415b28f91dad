/** Silences that come again: schedules, and the ordinary silences that are made of them. */
@NullMarked
package dev.tethys.alert.manager.schedule;

import org.jspecify.annotations.NullMarked;
