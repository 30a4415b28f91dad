/** Notification templates: their data, their functions, and the default templates. */
@NullMarked
package dev.tethys.alert.manager.template;

import org.jspecify.annotations.NullMarked;
