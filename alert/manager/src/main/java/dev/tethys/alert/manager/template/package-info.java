/**
 * What notification templates see and may call, and the templates that are there from the start.
 */
@NullMarked
package dev.tethys.alert.manager.template;

import org.jspecify.annotations.NullMarked;
