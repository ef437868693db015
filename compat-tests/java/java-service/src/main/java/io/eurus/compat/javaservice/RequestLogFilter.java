package io.eurus.compat.javaservice;

import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.stereotype.Component;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Logs each {@code /hello} request before anything else handles it. It runs ahead of all other filters, because a
 * request that a gateway sends too late must count even when it fails further on.
 */
@Component
@Order(Ordered.HIGHEST_PRECEDENCE)
public class RequestLogFilter extends OncePerRequestFilter {

    private final RequestLog requestLog;

    RequestLogFilter(RequestLog requestLog) {
        this.requestLog = requestLog;
    }

    @Override
    protected boolean shouldNotFilter(HttpServletRequest request) {
        return !HelloController.PATH.equals(request.getRequestURI());
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        requestLog.requestBegan(System.currentTimeMillis());
        chain.doFilter(request, response);
    }
}
