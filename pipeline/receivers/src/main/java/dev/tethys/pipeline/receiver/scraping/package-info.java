/**
 * Parts shared by receivers that poll a source: their metrics and settings, points, resources, and
 * the polling schedule.
 */
@NullMarked
package dev.tethys.pipeline.receiver.scraping;

import org.jspecify.annotations.NullMarked;
