// The part of cli-progress that an import uses; the package brings no types of its own.

declare module "cli-progress" {
  export class SingleBar {
    constructor(
      options: {
        readonly stream: NodeJS.WriteStream;
        readonly format: string;
        readonly hideCursor: boolean;
        readonly etaBuffer: number;
      },
      preset: object,
    );
    start(total: number, value: number, payload: object): void;
    setTotal(total: number): void;
    update(value: number, payload: object): void;
    stop(): void;
  }
  export const Presets: { readonly shades_classic: object };
}
