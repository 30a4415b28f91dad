/** Recurring silences: schedules, and the ordinary silences created from them. */
@NullMarked
package dev.tethys.alert.manager.schedule;

import org.jspecify.annotations.NullMarked;
