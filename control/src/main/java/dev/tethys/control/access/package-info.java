/** Who may do what on which agents: tokens, sign-on, selectors; refusals of requests. */
@NullMarked
package dev.tethys.control.access;

import org.jspecify.annotations.NullMarked;
