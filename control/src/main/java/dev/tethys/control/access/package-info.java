/** Permissions of users on agents: tokens, sign-on, selectors; rejections of requests. */
@NullMarked
package dev.tethys.control.access;

import org.jspecify.annotations.NullMarked;
