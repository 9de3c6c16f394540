import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { svelteTesting } from "@testing-library/svelte/vite";
import { defineConfig } from "vitest/config";

const desktop = process.env.DESKTOP_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [svelte(), svelteTesting({ autoCleanup: false })],
  build: {
    outDir: fileURLToPath(new URL("../static", import.meta.url)),
    emptyOutDir: true,
    // The content security policy allows files of our own origin only, so nothing may become a data: address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": desktop, "/ws": { target: desktop, ws: true } },
  },
  test: {
    environment: "node", // tests of components ask for jsdom, which takes a second to start
    include: ["tests/**/*.test.ts"],
    restoreMocks: true,
    testTimeout: 20_000, // milliseconds; the cores may be shared
  },
});
