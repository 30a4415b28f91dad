/**
 * Path from an alert to its notifications: routing, grouping, inhibition, time intervals, silences,
 * deduplication, sending. {@link AlertDispatcher} owns the groups; {@link NotificationPipeline}
 * runs these steps for each flush and deduplicates by the notification log ({@code
 * state.NotificationLog}).
 */
@NullMarked
package dev.tethys.alert.manager.dispatch;

import org.jspecify.annotations.NullMarked;
