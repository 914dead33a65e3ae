// Scripts of the trends and search pages, imported as their text with { type: "text" }.

declare module "*/trends-page.js" {
  const text: string;
  export default text;
}

declare module "*/search-page.js" {
  const text: string;
  export default text;
}

declare module "*/uPlot.iife.min.js" {
  const text: string;
  export default text;
}
